// Zstandard compression. Imported by the Parquet module only.
#pragma once

#include <zstd.h>
