// libmicrohttpd 0.9.75+: the HTTP server. Imported by the HTTPServer module only.
#pragma once

#include <microhttpd.h>
