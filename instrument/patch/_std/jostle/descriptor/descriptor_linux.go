package descriptor

import "jostle/internal/descriptor"

// Variables, as functions would be on the stacks that sync points are found on.
var (
	Begin        = descriptor.Begin
	Wait         = descriptor.Wait
	SetDeadline  = descriptor.SetDeadline
	Evicted      = descriptor.Evicted
	Closing      = descriptor.Closing
	Did          = descriptor.Did
	Acquire      = descriptor.Acquire
	Released     = descriptor.Released
	Given        = descriptor.Given
	Pipe         = descriptor.Pipe
	Starts       = descriptor.Starts
	AwaitProcess = descriptor.AwaitProcess
)
