"""Listens for notifications with oslo.messaging and prints the number of each. Argument: configuration file. Ends with its standard input."""

import sys

import oslo_messaging
from oslo_config import cfg


class Endpoint(object):
    def info(self, context, publisher_id, event_type, payload, metadata):
        # One write: print would write the end of the line by itself, between those of other threads.
        sys.stdout.write('got %s %s %s %s\n' % (payload['number'], publisher_id, event_type, metadata['message_id']))
        sys.stdout.flush()


conf = cfg.ConfigOpts()
conf(['--config-file', sys.argv[1]], project='listen', default_config_files=[], default_config_dirs=[])
transport = oslo_messaging.get_notification_transport(conf)
listener = oslo_messaging.get_notification_listener(transport, [oslo_messaging.Target(topic='notifications')], [Endpoint()], executor='threading')
listener.start()
print('listening', flush=True)
sys.stdin.read()
