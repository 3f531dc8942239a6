"""The settings of an experiment: one schema, and YAML files that say only what differs."""
