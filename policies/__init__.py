"""Rules that every stack satisfies: one set of functions, used by the policy pack and by the tests."""
