#include "textflag.h"

// func segments(at *[8]uintptr)
TEXT ·segments(SB), NOSPLIT, $0-8
	MOVQ at+0(FP), BX
	LEAQ runtime·noptrdata(SB), AX
	MOVQ AX, 0(BX)
	LEAQ runtime·enoptrdata(SB), AX
	MOVQ AX, 8(BX)
	LEAQ runtime·data(SB), AX
	MOVQ AX, 16(BX)
	LEAQ runtime·edata(SB), AX
	MOVQ AX, 24(BX)
	LEAQ runtime·bss(SB), AX
	MOVQ AX, 32(BX)
	LEAQ runtime·ebss(SB), AX
	MOVQ AX, 40(BX)
	LEAQ runtime·noptrbss(SB), AX
	MOVQ AX, 48(BX)
	LEAQ runtime·enoptrbss(SB), AX
	MOVQ AX, 56(BX)
	RET
