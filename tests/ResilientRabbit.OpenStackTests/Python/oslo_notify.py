"""Publishes numbered notifications with oslo.messaging. Arguments: configuration file, number of the first, how many, seconds between two."""

import sys
import time

import oslo_messaging
from oslo_config import cfg

conf = cfg.ConfigOpts()
conf(['--config-file', sys.argv[1]], project='notify', default_config_files=[], default_config_dirs=[])
transport = oslo_messaging.get_notification_transport(conf)
notifier = oslo_messaging.Notifier(transport, publisher_id='compute.host1', driver='messagingv2', topics=['notifications'])
first, count, pause = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
for number in range(first, first + count):
    notifier.info({'request_id': 'r'}, 'compute.instance.create.end', {'number': number, 'name': 'instance \u00e9'})
    print('sent', number, flush=True)
    time.sleep(pause)
