// Package ext stands in for a module of Traefik that is not published: extension points without any
// extension.
package ext

// HTTP is the extension point of the HTTP configuration.
type HTTP struct{}

// Router is the extension point of a router.
type Router struct{}
