package verdict

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// A shape is a program that hangs, and what is to be said of it. Its name is a row of one of the tables of docs/verdicts.md.
type shape struct{ name, program, want string }

// rules has a program for each row of the table of rules.
var rules = []shape{
	{"a circle of locks, or of a lock and a `Once`", `
		func main 1-9
		  1 go other
		  2 lock a
		  3 lock b
		func other 10-19
		  11 lock b
		  12 lock a
		g1 1 > g2; g1 2; g2 11; g2 12 blocks; g1 3 blocks`, `
		deadlock, rule 2, circle
		1 lock b: 2 holds
		2 lock a: 1 holds`},
	{"one goroutine that locks what it holds", `
		func main 1-9
		  2 lock a
		  9 unlock a
		func inner 10-19
		  11 lock a
		  19 unlock a
		g1 2; g1 11 blocks < main 3`, `
		deadlock, rule 2, circle
		1 lock a: 1 holds`},
	{"one that locks what a call of its own has left locked", `
		func main 1-9 calls step@4
		func step 10-19
		  11 lock a
		g1 11; g1 11 blocks < main 4`, `
		deadlock, rule 1, circle
		1 lock a: 1 holds`},
	{"a reader behind a writer that waits for that reader", `
		func main 1-9
		  1 go writer
		  2 rlock a
		  3 rlock a
		func writer 10-19
		  11 wlock a
		g1 1 > g2; g1 2; g2 11 blocks; g1 3 blocks`, `
		deadlock, rule 2, circle
		1 read lock a: 2 queued
		2 lock a: 1 holds`},
	{"a circle in which somebody blocks in something else than a lock, and holds what the one before it needs: a lock, or what it owes", `
		func main 1-9
		  1 go worker
		  2 lock a
		  3 receive done
		func worker 10-19
		  11 lock a
		  12 close done
		g1 1 > g2; g1 2; g2 11 blocks; g1 3 blocks`, `
		deadlock, rule 1, circle
		1 receive done: 2 could
		2 lock a: 1 holds`},
	{"a circle of channels and wait groups", `
		func main 1-9
		  1 go worker
		  2 send in
		  3 receive out
		func worker 10-19
		  11 send out
		  12 receive in
		g1 1 > g2; g2 11 blocks; g1 2 blocks`, `
		deadlock, rule 2, circle
		1 send in: 2 could
		2 send out: 1 could`},
	{"a goroutine that waits for what only itself would do", `
		func main 1-9
		  2 receive done
		  3 close done
		g1 2 blocks`, `
		deadlock, rule 2, circle
		1 receive done: 1 could`},
	{"a goroutine that waits for what another would do, which it starts only afterwards", `
		func main 1-9 loop 2-5
		  1 add wg
		  3 go worker
		  4 wait wg
		func worker 10-19
		  11 done wg
		g1 1; g1 3 > g2; g2 11; g2 ends; g1 4 blocks`, `
		deadlock, rule 2, circle
		1 wait wg: 2† used, 1 could`},
	{"a circle of goroutines that hold some of one resource and want more of it, or one that does", `
		func main 1-9
		  1 go worker
		  2 acquire sem
		  3 acquire sem
		func worker 10-19
		  11 acquire sem
		  12 acquire sem
		g1 1 > g2; g1 2; g2 11; g2 12 blocks; g1 3 blocks`, `
		deadlock, rule 1, circle
		1 acquire sem: 2 owes
		2 acquire sem: 1 owes`},
	{"a circle of workers that all take their work from one channel, while work stands in it that one of them waits for", `
		func main 1-9
		  1 go worker
		  2 send jobs
		  3 send jobs
		func worker 10-19 loop 10-19
		  11 receive jobs
		  12 receive answer
		  13 send answer
		g1 1 > g2; g1 1 > g3; g1 2; g1 2; g1 2; g2 11; g3 11; g2 12 blocks; g3 12 blocks; g1 ends`, `
		leak, rule 3, circle
		2 receive answer: 3 could
		3 receive answer: 2 could`},
	{"a wait for a resource of which nobody has any", `
		func main 1-9
		  2 acquire sem
		g1 2 blocks`, `
		deadlock, rule 3
		1 acquire sem:`},
	{"a lost wake-up", `
		func main 1-9
		  1 go waiter
		  3 signal c
		  4 receive done
		func waiter 10-19
		  11 condwait c
		  12 close done
		g1 1 > g2; g1 3 nobody; g2 11 blocks; g1 4 blocks`, `
		lost wake-up, rule 3
		1 receive done: 2 could
		2 cond wait c: 1 passed`},
	{"a circle with a `Cond`, and nobody in it holds what another needs", `
		func main 1-9
		  1 go waiter
		  3 receive done
		  4 signal c
		func waiter 10-19
		  11 condwait c
		  12 close done
		g1 1 > g2; g2 11 blocks; g1 3 blocks`, `
		deadlock, rule 3, circle
		1 receive done: 2 could
		2 cond wait c: 1 could`},
	{"a wait at a `Cond` that nobody is left to signal", `
		func main 1-9
		  1 go other
		  2 condwait c
		func other 10-19
		  11 signal c
		g1 1 > g2; g2 ends; g1 2 blocks`, `
		deadlock, rule 3
		1 cond wait c:`},
	{"a lock whose holder has ended", `
		func main 1-9
		  1 go other
		  2 lock a
		func other 10-19
		  11 lock a
		g1 1 > g2; g2 11; g2 ends; g1 2 blocks`, `
		deadlock, rule 1
		1 lock a: 2† holds`},
	{"a lock whose holder waits for what nobody is left to do", `
		func main 1-9
		  1 go other
		  2 lock a
		func other 10-19
		  11 lock a
		  12 send out
		g1 1 > g2; g2 11; g2 12 blocks; g1 2 blocks`, `
		deadlock, rule 1
		1 lock a: 2 holds
		2 send out:`},
	{"a circle by the ends of a connection, each of which waits for what comes from the other, when the body has returned", `
		func main 1-9
		  1 go serve
		  2 go listen
		  3 write c>s
		func serve 10-19 loop 10-19
		  11 read c>s
		  12 write s>c
		func listen 20-29 loop 20-29
		  21 read s>c
		g1 1 > g2; g1 2 > g3; g1 3; g1 ends; g2 11; g2 12; g3 21; g2 11 blocks; g3 21 blocks`, `
		leak, rule 4, idle
		2 read c>s: 1† used, 3 could`},
	{"any other wait that nobody is left to end", `
		func main 1-9
		  1 go other
		  2 receive in
		func other 10-19
		  11 send in
		g1 1 > g2; g2 11; g1 2; g2 ends; g1 2 blocks`, `
		deadlock, rule 4
		1 receive in: 2† used`},
}

// evidence has a program for each row of the table of evidence.
var evidence = []shape{
	{"holds", rules[0].program, rules[0].want},
	{"queued", rules[3].program, rules[3].want},
	{"owes", `
		func main 1-9
		  1 go worker
		  2 send jobs
		  3 wait wg
		func worker 10-19 loop 10-19 calls next@19
		  13 done wg
		func next 20-29
		  21 receive jobs
		  22 send out
		g1 1 > g2; g1 2; g2 21; g2 13; g1 2; g2 21; g2 22 blocks < worker 12; g1 3 blocks`, `
		deadlock, rule 4
		1 wait wg: 2 owes
		2 send out:`},
	{"used", `
		func main 1-9
		  1 go worker
		  2 receive out
		func worker 10-19 loop 10-19
		  11 send out
		  12 send log
		g1 1 > g2; g2 11; g1 2; g2 12 blocks; g1 2 blocks`, `
		deadlock, rule 4
		1 receive out: 2 used
		2 send log:`},
	{"could", rules[5].program, rules[5].want},
	{"stranded", `
		func main 1-9
		  1 go worker
		  2 send jobs
		  3 wait wg
		func worker 10-19
		  10 receive quit
		  11 receive jobs
		  12 done wg
		g1 1 > g2; g2 10; g1 2; g2 ends; g1 3 blocks`, `
		deadlock, rule 4
		1 wait wg: 2† stranded`},
	{"might", `
		func main 1-9
		  1 go worker
		  2 receive out
		func worker 10-19 calls give@13
		  12 send log
		func give 20-29
		  21 send out
		g1 1 > g2; g2 12 blocks; g1 2 blocks`, `
		deadlock, rule 4
		1 receive out: 2 might
		2 send log:`},
	{"made", `
		func main 1-9
		  1 go worker
		  2 context ctx
		  3 wait wg
		func worker 10-19
		  11 receive ctx
		  12 done wg
		g1 1 > g2; g1 2; g2 11 blocks; g1 3 blocks`, `
		deadlock, rule 2, circle
		1 wait wg: 2 could
		2 receive ctx: 1 made`},
	{"passed", `
		func main 1-9
		  1 go worker
		  2 close quit=first
		  3 wait wg
		func worker 10-19
		  11 receive quit=second
		  12 done wg
		g1 2; g1 1 > g2; g2 11 blocks; g1 3 blocks`, `
		deadlock, rule 4
		1 wait wg: 2 could
		2 receive quit: 1 passed`},
	{"given", `
		func main 1-9
		  1 go worker
		  2 receive out
		func worker 10-19 takes in
		  11 lock a
		flow out in
		g1 1 > g2; g2 11; g2 ends; g1 2 blocks`, `
		deadlock, rule 4
		1 receive out: 2† given`},
	{"spent", `
		func main 1-9
		  1 timer t
		  2 receive t
		g1 1; g1 2 blocks`, `
		deadlock, rule 4
		1 receive t: 1 spent`},
	{"never", `
		func main 1-9
		  1 timer t
		  2 receive t
		g1 1 never; g1 2 blocks`, `
		deadlock, rule 4
		1 receive t: 1 never`},
}

// beside are programs that are told by what the tables say in one word.
var beside = []shape{
	{"the receiver is started after the send", `
		func main 1-9
		  2 send jobs
		  3 go worker
		func worker 10-19
		  11 receive jobs
		g1 2 blocks`, `
		deadlock, rule 2, circle
		1 send jobs: 1 could`},
	{"the receiver is handed to a function that starts it, after the send", `
		func main 1-9
		  2 send jobs
		func main.func1 4-7
		  5 receive jobs
		g1 2 blocks`, `
		deadlock, rule 2, circle
		1 send jobs: 1 could`},
	{"a worker that has ended without a Done is not the one that is started next", `
		func main 1-9 loop 2-5
		  1 add wg
		  3 go worker
		  4 wait wg
		func worker 10-19
		  11 receive jobs
		  12 done wg
		g1 1; g1 3 > g2; g2 11; g2 ends; g1 4 blocks`, `
		deadlock, rule 4
		1 wait wg: 2† could`},
	{"a receiver sends to itself", `
		func main 1-9 loop 2-5
		  2 receive in
		  4 send in
		g1 2; g1 4 blocks`, `
		deadlock, rule 2, circle
		1 send in: 1 could`},
	{"a sender is not told to receive where another goroutine could have", `
		func main 1-9 loop 2-5
		  1 go other
		  3 send in
		  4 receive in
		func other 10-19
		  11 receive in
		g1 1 > g2; g2 11; g1 3; g2 ends; g1 3 blocks`, `
		deadlock, rule 4
		1 send in: 2† used`},
	{"the same work is not a way to what only one of them has done", `
		func main 1-9
		  1 go round
		  2 wait wg
		func round 10-19 loop 10-19
		  10 lock mu
		  11 done wg
		func lead 20-29
		  21 close next=first
		func follow 30-39
		  31 receive next=second
		g1 1 > g2; g1 1 > g3; g1 1 > g4; g2 10; g2 21; g2 ends; g3 10; g3 31 blocks < round 12; g4 10 blocks; g1 2 blocks`, `
		deadlock, rule 4
		1 wait wg: 2† could, 3 could, 4 could
		3 receive next: 2† could elsewhere, 4 might`},
	{"a loop that a goroutine has called does not bring it back to what it is in", `
		func main 1-9
		  1 go loop
		  2 receive in
		  4 send out
		func loop 10-19
		  11 receive out
		func wait 20-29 loop 21-25
		  22 condwait c
		g1 1 > g2; g1 22 blocks < main 3; g2 11 blocks`, `
		deadlock, rule 3
		1 cond wait c:`},
	{"but a loop around it does", `
		func main 1-9 loop 1-9
		  1 go other
		func turn 10-19
		  11 receive in
		  12 condwait c
		func other 20-29
		  21 send in
		  22 signal c
		g1 1 > g2; g2 21; g1 11; g2 21 blocks; g1 12 blocks < main 5`, `
		deadlock, rule 3, circle
		1 cond wait c: 2 could
		2 send in: 1 used`},
	{"a lock that its callers unlock is not left locked", `
		func main 1-9 calls take@8 runs give@9
		func take 10-19
		  11 lock a
		func give 20-29
		  21 unlock a
		g1 11; g1 11 blocks < main 4`, `
		deadlock, rule 2, circle
		1 lock a: 1 holds`},
	{"a token that another goroutine has received is not the waiter's own to send", `
		func main 1-9
		  1 go worker
		  2 send tokens
		  3 receive tokens
		  4 send tokens
		func worker 10-19 calls take@19
		func take 20-29
		  21 receive tokens
		g1 2; g1 1 > g2; g2 21; g2 ends; g1 3 blocks`, `
		deadlock, rule 4
		1 receive tokens:`},
	{"a goroutine that has gone through the code that closes, and did not, may not do it the next time", `
		func main 1-9
		  1 go round
		  2 wait wg
		func round 10-19 loop 10-19
		  10 lock mu
		  11 done wg
		func turn 20-29
		  21 close next=first
		  22 receive last
		  23 receive next=second
		g1 1 > g2; g1 1 > g3; g1 1 > g4; g2 10; g2 21; g2 ends; g4 22; g3 10; g3 23 blocks < round 12; g4 10 blocks; g1 2 blocks`, `
		deadlock, rule 4
		1 wait wg: 2† could, 3 could, 4 could
		3 receive next: 2† could elsewhere, 4 might`},
	{"a request that has another lock has another answer", `
		func main 1-9
		  1 go ask
		  3 lock r.lock=l2
		  4 unlock req.lock=l1
		  5 receive req.answer
		func ask 10-19 runs ask.func1@13 runs slot@19
		  12 send slots
		  14 send r.answer
		  16 receive slots
		func ask.func1 20-29
		  21 lock r.lock=l2
		g1 1 > g2; g1 1 > g3; g1 3; g3 12; g3 21 blocks < ask 13; g2 12 blocks; g1 4; g1 5 blocks`, `
		deadlock, rule 1, circle
		1 receive req.answer: 2 could
		2 send slots: 3 could
		3 lock r.lock: 1 holds`},
	{"who receives from another channel than the one that a request went on does not answer it", `
		func main 1-9
		  1 go serve
		  2 go ask
		  3 send second.queue=second
		  4 receive first.queue=first
		  5 wait wg
		  6 send second.queue=second
		func serve 10-19 loop 10-19 gets req@queue
		  11 receive s.queue=second
		  12 send req.done=b
		func ask 20-29 makes req@queue
		  21 send s.queue=first
		  22 receive req.done=a
		  23 done wg
		g1 1 > g2; g1 2 > g3; g1 3; g2 11; g2 12; g2 11 blocks; g3 21; g1 4; g1 5 blocks; g3 22 blocks`, `
		deadlock, rule 4
		1 wait wg: 3 could
		3 receive req.done:`},
	{"but where a request may be passed on, it may", `
		func main 1-9
		  1 go serve
		  2 go ask
		  3 send second.queue=second
		  4 receive first.queue=first
		  5 wait wg
		  6 send second.queue=second
		func serve 10-19 loop 10-19 gets req@queue
		  11 receive s.queue=second
		  12 send req.done=b
		func ask 20-29 makes req@queue
		  21 send s.queue=first
		  22 receive req.done=a
		  23 done wg
		func pass 30-39 forwards queue
		  31 send next.queue
		g1 1 > g2; g1 2 > g3; g1 3; g2 11; g2 12; g2 11 blocks; g3 21; g1 4; g1 5 blocks; g3 22 blocks`, `
		deadlock, rule 2, circle
		1 wait wg: 3 could
		3 receive req.done: 2 could elsewhere
		2 receive s.queue: 1 used, 3 passed`},
	{"a goroutine that has sent on its own channel is not the one to close that of another", `
		func main 1-9 loop 2-5
		  1 go encode
		  2 receive lanes.queue=second
		  3 receive lanes.queue=first
		func encode 10-19 loop 10-15 calls insert@15 calls shut@19
		  11 lock phase
		  14 unlock phase
		func insert 20-29
		  21 send lane.queue=second
		func shut 30-39
		  31 close lane.queue=second
		g1 1 > g2; g1 1 > g3; g3 11; g3 21; g1 2; g2 11 blocks; g3 21 blocks < encode 13; g1 3 blocks`, `
		deadlock, rule 1, circle
		3 send lane.queue: 1 used
		1 receive lanes.queue: 2 might
		2 lock phase: 3 holds`},
	{"but it is, if it was given something since", `
		func main 1-9 loop 2-5
		  1 go encode
		  2 receive lanes.queue=second
		  3 receive lanes.queue=first
		func encode 10-19 loop 10-15 calls insert@15 calls shut@19
		  10 receive jobs
		  11 lock phase
		  12 send log
		  14 unlock phase
		func insert 20-29
		  21 send lane.queue=second
		func shut 30-39
		  31 close lane.queue=second
		g1 1 > g2; g1 1 > g3; g3 21; g1 2; g3 10; g3 11; g2 11 blocks; g3 12 blocks; g1 3 blocks`, `
		deadlock, rule 4
		1 receive lanes.queue: 2 might, 3 might
		3 send log:`},
	{"a goroutine that goes from channel to channel may come to the next one", `
		func main 1-9
		  1 go deal
		  2 receive out=third
		func deal 10-19 loop 10-15 calls give@15
		  12 send log
		func give 20-29
		  21 send out=first
		  22 send out=second
		g1 1 > g2; g1 1 > g3; g2 21; g2 22; g2 12 blocks; g3 12 blocks; g1 2 blocks`, `
		deadlock, rule 4
		1 receive out: 2 might elsewhere, 3 might
		2 send log:`},
	{"the ends of a connection with a goroutine of its own for what came", `
		func main 1-9
		  1 go read
		func read 10-19 loop 10-19
		  11 read s>c
		  12 send turns
		func turn 20-29 loop 20-29
		  21 receive turns
		  22 write c>s
		func serve 30-39 loop 30-39
		  31 read c>s
		  32 write s>c
		g1 1 > g2; g1 1 > g3; g1 1 > g4; g3 22; g4 31; g4 32; g2 11; g2 12; g3 21; g1 ends; g3 21 blocks; g4 31 blocks; g2 11 blocks`, `
		leak, rule 4, idle
		2 read s>c: 4 used`},
	{"nobody has given a turn back to who would write: closing the connection is not what is missing", `
		func main 1-9
		  1 go ask
		func ask 10-19 loop 10-19
		  11 read s>c
		func serve 20-29
		  21 write s>c
		  22 send log
		g1 1 > g2; g1 1 > g3; g3 21; g2 11; g1 ends; g2 11 blocks; g3 22 blocks`, `
		leak, rule 4
		2 read s>c: 3 used
		3 send log:`},
	{"as long as the body has not returned the ends of a connection wait for each other", `
		func main 1-9
		  1 go serve
		  2 read s>c
		  3 write c>s
		func serve 10-19
		  11 read c>s
		  12 write s>c
		g1 1 > g2; g2 11; g1 2; g2 11 blocks; g1 2 blocks`, `
		deadlock, rule 2, circle
		1 read s>c: 2 could
		2 read c>s: 1 could`},
	{"writers at both ends are a circle, whatever the body does", `
		func main 1-9
		  1 go left
		  2 go right
		func left 10-19 loop 10-19
		  11 write c>s
		  12 read s>c
		func right 20-29 loop 20-29
		  21 write s>c
		  22 read c>s
		g1 1 > g2; g1 2 > g3; g2 11; g3 22; g3 21; g2 12; g1 ends; g2 11 blocks; g3 21 blocks`, `
		leak, rule 2, circle
		2 write c>s: 3 used
		3 write s>c: 2 used`},
	{"who has closed the channel of another one is said to have done that", `
		func main 1-9
		  1 go worker
		  2 send tasks=first
		  3 go other
		func other 10-19
		  11 close tasks=second
		func worker 20-29 loop 20-29
		  21 receive tasks=first
		g1 1 > g2; g1 3 > g3; g1 2; g2 21; g3 11; g3 ends; g1 ends; g2 21 blocks`, `
		leak, rule 4
		2 receive tasks: 1† used, 3† could elsewhere`},
	{"another context was cancelled than the one that has no Done", `
		func main 1-9
		  1 go worker
		  2 context ctx
		func worker 10-19
		  11 select receive in | receive ctx.Done()=nil
		g1 2; g1 1 > g2; g2 11 blocks; g1 2 cancels; g1 ends`, `
		leak, rule 4, cancelled that of 2
		2 receive in:`},
	{"but not one that a goroutine beside it made for itself", `
		func main 1-9
		  1 go worker
		  2 go other
		func worker 10-19
		  11 select receive in | receive ctx.Done()=nil
		func other 20-29
		  21 context ctx
		g1 1 > g2; g1 2 > g3; g3 21; g2 11 blocks; g3 21 cancels; g3 ends; g1 ends`, `
		leak, rule 4
		2 receive in:`},
	{"nor one that was made only when the goroutine waited", `
		func main 1-9
		  1 go worker
		  2 context ctx
		func worker 10-19
		  11 select receive in | receive ctx.Done()=nil
		g1 1 > g2; g2 11 blocks; g1 2; g1 2 cancels; g1 ends`, `
		leak, rule 4
		2 receive in:`},
	{"a case of a select by which the loop is left", `
		func main 1-9
		  1 go worker
		func stop 20-29
		  21 send quit
		func worker 10-19 endless 10-19@quit
		  11 select receive in | receive quit
		g1 1 > g2; g2 11 blocks; g1 ends`, `
		leak, rule 4
		2 receive in: | receive quit to leave:`},
	{"nothing in the code does the Done", `
		func main 1-9
		  1 go worker
		  2 wait wg
		  3 close quit
		func worker 10-19
		  11 add wg
		  12 receive quit
		g1 1 > g2; g2 11; g2 12 blocks; g1 2 blocks`, `
		deadlock, rule 1, circle
		2 receive quit: 1 could
		1 wait wg: 2 owes`},
	{"a wake-up that met nobody, of which the waiter could see what it was for: it took the lock only then", signalled + `
		g1 1 > g2; g1 2; g1 3 nobody; g1 4; g2 11; g2 12 blocks; g1 5 blocks`, `
		deadlock, rule 3
		1 receive done: 2 could
		2 cond wait c: 1 passed`},
	{"a wake-up that met nobody, and a waiter that had looked before", `
		func main 1-9
		  1 go waiter
		  2 lock a
		  3 unlock a
		  4 signal c
		  5 receive done
		func waiter 10-19
		  11 lock a
		  12 unlock a
		  13 condwait c
		  14 close done
		g1 1 > g2; g2 11; g2 12; g1 2; g1 3; g1 4 nobody; g2 13 blocks; g1 5 blocks`, `
		lost wake-up, rule 3
		1 receive done: 2 could
		2 cond wait c: 1 passed`},
	{"nor of which it was told only after it had been given the lock, for which it had asked before", signalled + `
		g1 1 > g2; g1 2; g2 11 until 5; g1 3 nobody; g1 4; g2 12 blocks; g1 5 blocks`, `
		deadlock, rule 3
		1 receive done: 2 could
		2 cond wait c: 1 passed`},
}

// signalled is a program that signals with the lock of those who wait.
const signalled = `
		func main 1-9
		  1 go waiter
		  2 lock a
		  3 signal c
		  4 unlock a
		  5 receive done
		func waiter 10-19
		  11 lock a
		  12 condwait c
		  13 close done`

func TestBeside(t *testing.T) {
	for _, s := range beside {
		t.Run(s.name, func(t *testing.T) { assert.Equal(t, lines(s.want), told(read(t, s.program))) })
	}
}

// Each row of the tables has a program, and each program is told as it is to be.
func TestShapes(t *testing.T) {
	docs, err := os.ReadFile("../../docs/verdicts.md")
	require.NoError(t, err)
	for _, table := range []struct {
		head   string
		shapes []shape
	}{{"| | why it counts | counts as an edge |", evidence}, {"| shape | rule | why |", rules}} {
		var rows, have []string
		_, rest, ok := strings.Cut(string(docs), table.head+"\n")
		require.True(t, ok, table.head)
		rest, _, _ = strings.Cut(rest, "\n\n")
		for _, row := range strings.Split(rest, "\n")[1:] {
			rows = append(rows, strings.TrimSpace(strings.Split(row, "|")[1]))
		}
		for _, s := range table.shapes {
			have = append(have, s.name)
			t.Run(s.name, func(t *testing.T) {
				v := read(t, s.program)
				assert.Equal(t, lines(s.want), told(v))
				if i := strings.Index(s.name, " "); i < 0 {
					assert.Regexp(t, regexp.QuoteMeta(s.name)+"(\n|,|$)", told(v))
				}
			})
		}
		assert.Equal(t, rows, have, "the rows of docs/verdicts.md")
	}
	assert.Len(t, evidence, len(waitgraph.Evidences()))
}

// lines is a text without the tabs before its lines.
func lines(text string) string {
	var out []string
	for _, l := range strings.Split(strings.TrimSpace(text), "\n") {
		out = append(out, strings.TrimSpace(l))
	}
	return strings.Join(out, "\n")
}
