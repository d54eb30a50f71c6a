// Package resources has functions that say what they mean for a resource.
package resources

import "context"

type pool struct{ free int }

type amount uint8

// acquire waits until n are free.
//
//jostle:resource acquire n
func (p *pool) acquire(ctx context.Context, n amount) error {
	p.free -= int(n)
	return ctx.Err()
}

//jostle:resource acquire 2
func try(p *pool) (left int, ok bool) {
	p.free -= 2
	return p.free, p.free >= 0
}

//jostle:resource acquire
func (p *pool) must() { p.free-- }

//jostle:resource acquire
func (p *pool) named() (_ int, _ error) {
	p.free--
	return 0, nil
}

//jostle:resource acquire
func (p *pool) twice() (int, error) {
	p.free--
	return 0, nil
}

//jostle:resource acquire
func (p *pool) none(true, nil int) (bool bool) { return }

//jostle:resource release n
func (p *pool) release(n int) {
	p.free += n
}

//jostle:resource wait
func (p *pool) idle() int { return p.free }

//jostle:resource take
func (p *pool) take() {}

//jostle:resource release m
func (p *pool) give(n int) {}

//jostle:resource release
func (p pool) copied() {}

//jostle:resource release
func (*pool) unnamed() {}
