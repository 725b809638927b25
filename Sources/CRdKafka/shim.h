// librdkafka 2.x: the Kafka client. Imported by the Kafka module only.
#pragma once

#include <librdkafka/rdkafka.h>
