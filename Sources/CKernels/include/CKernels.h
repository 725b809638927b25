// SIMD kernels, one function a file, each with a scalar twin that is the oracle in tests.
// Every kernel is compiled for several instruction sets and chosen once at run time.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
}
#endif
