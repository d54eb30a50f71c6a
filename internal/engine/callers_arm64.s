#include "textflag.h"

// func callers(pcs []uintptr) int
TEXT ·callers(SB), NOSPLIT|NOFRAME, $0-32
	MOVD pcs_base+0(FP), R0
	MOVD pcs_len+8(FP), R7
	MOVD R29, R1
	MOVD $0, R2

next:
	CBZ  R1, done
	MOVD 8(R1), R3
	MOVD R3, (R0)(R2<<3)
	ADD  $1, R2
	CMP  R7, R2
	BEQ  done

	// The caller's frame lies above, and not far away; else this is no chain of frames of Go.
	MOVD (R1), R4
	SUB  R1, R4, R5
	MOVD $1048576, R6
	CMP  R6, R5
	BHI  done
	MOVD R4, R1
	B    next

done:
	MOVD R2, ret+24(FP)
	RET
