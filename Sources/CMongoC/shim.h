// libmongoc and libbson 1.23+: the MongoDB client. Imported by the Mongo module only.
#pragma once

#include <mongoc/mongoc.h>
