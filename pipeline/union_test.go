package pipeline

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnionDeliversOneSourceAfterTheOther(t *testing.T) {
	sales := randomSales(20, 5)
	part := func(lo, hi int) Source { return saleTable(t, sales[lo:hi]).Scan() }
	inner, err := Union(part(3, 3), part(3, 9))
	require.NoError(t, err)
	u, err := Union(part(0, 3), inner, part(9, 20))
	require.NoError(t, err)
	assert.Equal(t, saleSchema, u.Schema())
	assert.Equal(t, drain(t, part(0, 20), 4), drain(t, u, 4))
}

func TestUnionThatMakesNoSense(t *testing.T) {
	_, err := Union()
	assert.ErrorContains(t, err, "union of no sources")
	other, err := NewTable(pairSchema, Strings("a"), Ints(1))
	require.NoError(t, err)
	_, err = Union(saleTable(t, nil).Scan(), other.Scan())
	assert.ErrorContains(t, err, "source 1 has [{name string} {n int64}]")
}
