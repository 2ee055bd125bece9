"""Hypothesis as mutants are tested: the same examples each time, and no search for the smallest that fails."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutants",
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
settings.load_profile("mutants")
