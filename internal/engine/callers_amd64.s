#include "textflag.h"

// func callers(pcs *[16]uintptr) int
TEXT ·callers(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ pcs+0(FP), DI
	MOVQ BP, SI
	XORQ AX, AX

next:
	TESTQ SI, SI
	JEQ   done
	MOVQ  8(SI), CX
	MOVQ  CX, (DI)(AX*8)
	INCQ  AX
	CMPQ  AX, $16
	JEQ   done

	// The caller's frame lies above, and not far away; else this is no chain of frames of Go.
	MOVQ (SI), DX
	MOVQ DX, CX
	SUBQ SI, CX
	CMPQ CX, $1048576
	JHI  done
	MOVQ DX, SI
	JMP  next

done:
	MOVQ AX, ret+8(FP)
	RET
