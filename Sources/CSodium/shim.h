// libsodium: Argon2id, random tokens. Imported by the HTTPServer module only.
#pragma once

#include <sodium.h>
