// A brand makes two numbers (or strings) of different meaning different types.
// The only place that may cast to a brand is the constructor function beside the branded type.

declare const brand: unique symbol;

/** A `T` that only its constructor function can make, so that a weight is never taken for a count. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
