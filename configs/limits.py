"""The one table of sizes that readers check before they take memory, in bytes or as named."""

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

LARGEST_INTEGER = 2**63 - 1  # and its negative: what fits 64 bits with sign

# YAML: settings and tasks
YAML_BYTES = 1 * MIB
YAML_BRACKETS = 5_000
YAML_NODES = 20_000
YAML_DEPTH = 32

# Settings beyond what YAML allows
SETTINGS_FILES = 16  # one file and all it extends
SETTINGS_OVERRIDES = 1_000  # KEY=VALUE on the command line
SETTINGS_OVERRIDE = 4 * KIB
SETTINGS_PROBLEMS = 50  # shown at once
REFERENCE_DEPTH = 8  # ${key.path} to ${key.path}
REFERENCE_LENGTH = 4 * KIB

# JSON: cards, tasks, manifests, state
JSON_BYTES = 16 * MIB
JSON_DEPTH = 32

# safetensors: weights and learner state
TENSORS_HEADER_BYTES = 1 * MIB
TENSORS = 65_536
TENSOR_DIMENSIONS = 8

# Parquet: metrics, lineage, tasks, replays
PARQUET_ROWS = 100_000
PARQUET_BYTES = 256 * MIB
PARQUET_CODECS = ("ZSTD", "UNCOMPRESSED")
FOREIGN_BATCH_ROWS = 256  # of a shard that came from elsewhere
FOREIGN_COLUMN_BYTES = 64 * MIB  # in one batch
FOREIGN_ADDRESS_SPACE = 1 * GIB  # of the child process that reads it
FOREIGN_SECONDS = 10

# Names of files in a run folder
NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"
