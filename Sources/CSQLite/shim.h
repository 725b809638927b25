// SQLite 3.40+. Imported by the SQLite module only.
#pragma once

#include <sqlite3.h>
