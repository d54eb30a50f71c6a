#include "textflag.h"

// func callers(pcs []uintptr) int
TEXT ·callers(SB), NOSPLIT|NOFRAME, $0-32
	MOVQ pcs_base+0(FP), DI
	MOVQ pcs_len+8(FP), R8
	MOVQ BP, SI
	XORQ AX, AX

next:
	TESTQ SI, SI
	JEQ   done
	MOVQ  8(SI), CX
	MOVQ  CX, (DI)(AX*8)
	INCQ  AX
	CMPQ  AX, R8
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
	MOVQ AX, ret+24(FP)
	RET
