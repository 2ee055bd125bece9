"""What exists in the cloud: component resources, from primitives to the three pipelines."""
