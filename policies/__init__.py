"""Rules that every stack satisfies: one set of functions for the policy pack and the tests."""
