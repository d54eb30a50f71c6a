package engine

// RestartRandom has all random values begin anew in the bubble that it is called in: the order of maps, math/rand,
// crypto/rand. It is nil where package runtime was not changed so that they come from a counter (package instrument/patch).
// Then they are different each time. It is set before main.
var RestartRandom func()
