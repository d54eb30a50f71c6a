package trace

import "strconv"

// A Keeping is what has to come before something is given back that a library has given out.
type Keeping uint8

// The keepings.
const (
	Using   Keeping = iota // it is in use
	Body                   // a response has come, and its body is to be closed
	Rows                   // rows of a database are to be closed
	Tx                     // a transaction is to be committed or rolled back
	Conn                   // a connection that was asked for is to be closed
	Serving                // a request is being served
	Calling                // a request is not answered yet
	Unread                 // what has come of a request is to be read
)

// Amount returns how people write n of something; 1 is not worth a word.
func Amount(n int64) string {
	if n == 1 {
		return ""
	}
	return strconv.FormatInt(n, 10) + " of "
}
