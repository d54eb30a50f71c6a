#include "textflag.h"

// func segments(at *[8]uintptr)
TEXT ·segments(SB), NOSPLIT, $0-8
	MOVD at+0(FP), R1
	MOVD $runtime·noptrdata(SB), R0
	MOVD R0, 0(R1)
	MOVD $runtime·enoptrdata(SB), R0
	MOVD R0, 8(R1)
	MOVD $runtime·data(SB), R0
	MOVD R0, 16(R1)
	MOVD $runtime·edata(SB), R0
	MOVD R0, 24(R1)
	MOVD $runtime·bss(SB), R0
	MOVD R0, 32(R1)
	MOVD $runtime·ebss(SB), R0
	MOVD R0, 40(R1)
	MOVD $runtime·noptrbss(SB), R0
	MOVD R0, 48(R1)
	MOVD $runtime·enoptrbss(SB), R0
	MOVD R0, 56(R1)
	RET
