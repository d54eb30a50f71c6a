package sql

import (
	"jostle/perturb"
	"unsafe"
)

type jostleKept = perturb.Kept

const (
	jostleRows = perturb.Rows
	jostleTx   = perturb.Tx
	jostleConn = perturb.Conn
)

const jostleName = "connection to the database"

// jostleWaits notes that a goroutine waits for one of the connections that DB.SetMaxOpenConns allows.
func jostleWaits(db *DB) (done func()) {
	return perturb.Awaits(unsafe.Pointer(db), jostleName, false)
}

// jostleTakes notes that it has got one.
func jostleTakes(db *DB, dc *driverConn) *driverConn {
	dc.held.Keep(unsafe.Pointer(db), jostleName, perturb.Using)
	return dc
}
