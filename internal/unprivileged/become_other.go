//go:build !unix

package unprivileged

func become() {}
