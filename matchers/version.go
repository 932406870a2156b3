package matchers

// Version of keys, signals and weights. Raise it with any change that could decide a payment differently: the next run
// then matches every payment again.
const Version = "3"
