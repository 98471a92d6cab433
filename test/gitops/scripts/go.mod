// Runs Lua and jq as Argo CD does: the same interpreters, at the versions of Argo CD v3.5.7.
module slipway.dev/argo-scripts

go 1.26.0

require (
	github.com/itchyny/gojq v0.12.19
	github.com/yuin/gopher-lua v1.1.2
	layeh.com/gopher-json v0.0.0-20190114024228-97fed8db8427
)

require github.com/itchyny/timefmt-go v0.1.8 // indirect
