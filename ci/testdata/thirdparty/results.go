// Package thirdparty stands for a module that uses jostle: fetches in parallel, with a dependency that starts the goroutines.
package thirdparty

import "golang.org/x/sync/errgroup"

// Fetch calls fetch for each name, a few at a time, and returns the results in the order in which they came. After the first
// error nobody reads the results any more.
func Fetch(names []string, fetch func(name string) (string, error)) ([]string, error) {
	var g errgroup.Group
	g.SetLimit(2)
	results, failed := make(chan string), make(chan error, 1)
	go func() {
		defer close(results)
		for _, n := range names {
			g.Go(func() error {
				r, err := fetch(n)
				if err != nil {
					select {
					case failed <- err:
					default:
					}
					return err
				}
				results <- r
				return nil
			})
		}
		_ = g.Wait() // its error is in failed
	}()
	var out []string
	for {
		select {
		case r, open := <-results:
			if !open {
				return out, nil
			}
			out = append(out, r)
		case err := <-failed:
			return nil, err
		}
	}
}
