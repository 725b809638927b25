// libcurl. Imported by the ObjectStore module only.
#pragma once

#include <curl/curl.h>
