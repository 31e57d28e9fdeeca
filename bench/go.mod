// The benchmark is a module of its own, so that nothing it needs reaches the product.
module github.com/clientele/clientele/bench

go 1.26.0

require (
	github.com/charlievieth/fastwalk v1.0.14
	github.com/clientele/clientele v0.0.0
)

replace github.com/clientele/clientele => ../
