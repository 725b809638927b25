// librdkafka 2.x: the Kafka client, with its mock cluster. Imported by the Kafka module only.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
