// Package network is jostle/internal/network for package net, which may not import that.
package network

import "jostle/internal/network"

type (
	Network  = network.Network
	Proto    = network.Proto
	Addr     = network.Addr
	Conn     = network.Conn
	Listener = network.Listener
	Packet   = network.Packet
	Socket   = network.Socket
)

const (
	TCP  = network.TCP
	Unix = network.Unix
	UDP  = network.UDP

	Truncated = network.Truncated
)

var (
	Current   = network.Current
	IP        = network.IP
	ErrClosed = network.ErrClosed
)
