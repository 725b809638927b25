// Snappy compression, C interface. Imported by the Parquet module only.
#pragma once

#include <snappy-c.h>
