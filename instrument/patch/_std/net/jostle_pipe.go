package net

import (
	"jostle/perturb"
	"unsafe"
)

const jostlePipeName = "net.Pipe"

// jostleReads and jostleWrites note what an end of a pipe is used for: the two channels are what each of the ends reads and writes.
func jostleReads(p *pipe) (done func()) {
	return perturb.PipeRead(jostleChan(&p.rdRx), jostleChan(&p.wrTx), jostlePipeName)
}

func jostleWrites(p *pipe) (done func()) {
	return perturb.PipeWrite(jostleChan(&p.wrTx), jostleChan(&p.rdRx), jostlePipeName)
}

func (p *pipe) jostleFlows() (out, in *perturb.Flow) {
	return perturb.PipeFlows(jostleChan(&p.wrTx), jostleChan(&p.rdRx), jostlePipeName)
}

// jostleChan returns the address of a channel, which both ends of it have.
func jostleChan[C <-chan []byte | chan<- []byte](c *C) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(c))
}
