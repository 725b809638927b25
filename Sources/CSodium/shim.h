// libsodium: Argon2id, SHA-256, random secrets. Imported by the Sodium module only.
#pragma once

#include <sodium.h>
