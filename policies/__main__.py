"""The policy pack: `pulumi up --policy-pack policies`."""

import os
import sys
from pathlib import Path

from pulumi_policy import PolicyPack

# Pulumi runs this folder as a program, so the checkout is not on the path.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from policies.pack import enforcement, policies
from policies.rules import RULES

PolicyPack("sluice", policies(RULES), enforcement(os.environ.get("PULUMI_STACK", "")))
