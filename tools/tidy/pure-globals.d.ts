// The one function of the host that the pure folders may use: it copies a value and does nothing
// else. tsconfig.pure.json leaves all others out.
declare function structuredClone<T>(value: T): T;
