// Runs Lua as Argo CD does: the same interpreter, at the versions of Argo CD v3.5.7, with the same few libraries.
module slipway.dev/argo-lua

go 1.26.0

require (
	github.com/yuin/gopher-lua v1.1.2
	layeh.com/gopher-json v0.0.0-20190114024228-97fed8db8427
)
