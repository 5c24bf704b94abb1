"""Places and credentials. What every provider keeps to, and the contract tests check:

- every call has a time-out, and a place that cannot be reached raises `recovery.errors.Unreachable`;
- reading changes nothing, and acting twice does no more than acting once;
- an error never holds a secret.
"""
