"""Computes what oslo.config and oslo.messaging make of configuration files. Reads a JSON list of cases, writes a JSON list of results."""

import json
import logging
import os
import sys

logging.disable(logging.CRITICAL)

from kombu.utils.url import parse_url
from oslo_config import cfg
from oslo_messaging import transport
from oslo_messaging._drivers import amqp
from oslo_messaging._drivers import base
from oslo_messaging._drivers import common
from oslo_messaging._drivers import impl_rabbit
from oslo_messaging.notify import notifier

RABBIT = 'oslo_messaging_rabbit'
NOTIFICATIONS = 'oslo_messaging_notifications'
RABBIT_OPTIONS = impl_rabbit.rabbit_opts + amqp.amqp_opts + base.base_opts


def hosts_of(conf, url):
    hosts = []
    for host in url.hosts:
        # What the driver below oslo connects with: its own URL, parsed by kombu, with guest for what is missing.
        driver_url = impl_rabbit.Connection._transform_transport_url(FakeConnection(), url, host)
        kombu = None
        if '/' not in (host.username or '') + (host.password or ''):
            parts = parse_url(driver_url)
            kombu = {
                'host': parts['hostname'], 'port': parts['port'],
                'user': parts['userid'] or 'guest', 'password': parts['password'] or 'guest',
            }
        hosts.append({'host': host.hostname, 'port': host.port or 5672, 'user': host.username, 'password': host.password, 'kombu': kombu})
    return hosts


class FakeConnection(object):
    _parse_url_hostname = impl_rabbit.Connection._parse_url_hostname


def evaluate(case):
    result = {'errors': [], 'values': {}}
    before = dict(os.environ)
    os.environ.update(case.get('environment', {}))
    try:
        conf = cfg.ConfigOpts()
        arguments = []
        for path in case['paths']:
            arguments += ['--config-dir' if os.path.isdir(path) else '--config-file', path]
        conf(arguments, project='differential', default_config_files=[], default_config_dirs=[])
        conf.register_opts(RABBIT_OPTIONS, group=RABBIT)
        conf.register_opts(transport._transport_opts)
        conf.register_opts(notifier._notifier_opts, group=NOTIFICATIONS)
        read_url(case, conf, result)
        for name in ('driver', 'topics', 'retry'):
            read(result, NOTIFICATIONS + '.' + name, lambda: conf[NOTIFICATIONS][name])
        read(result, 'DEFAULT.control_exchange', lambda: conf.control_exchange)
    except SystemExit as exit:
        result['errors'].append('exit')
    except Exception as error:
        result['errors'].append(type(error).__name__)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return result


def read_url(case, conf, result):
    proxy = conf
    try:
        text = conf[NOTIFICATIONS].transport_url if case.get('notifications') else None
        url = transport.TransportURL.parse(conf, text)
        result['url'] = {'virtual_host': url.virtual_host, 'hosts': hosts_of(conf, url), 'transport': url.transport}
        proxy = common.ConfigOptsProxy(conf, url, RABBIT)
    except Exception as error:
        result['errors'].append('url: ' + type(error).__name__)
    for option in RABBIT_OPTIONS:
        read(result, RABBIT + '.' + option.dest, lambda: getattr(proxy[RABBIT], option.dest))


def read(result, name, get):
    try:
        value = get()
        # JSON has no word for nan.
        result['values'][name] = str(value) if value != value else value
    except Exception as error:
        result['errors'].append(name + ': ' + type(error).__name__)


json.dump([evaluate(case) for case in json.load(sys.stdin)], sys.stdout)
