"""The triggers of functions: streams, schedules and rules, run by us because the emulator loses records."""
