# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Patchswarm authors
"""One BitTorrent peer for the swarm bench: libtorrent-peer.py TORRENT FOLDER ADDRESS seed|receiver.

Reads orders, a line each: "connect ADDRESS PORT", "await PEERS" (says "connected" when so many are), "go".
Says "ready" when it listens (and a seed has checked its file), "done" when the file is whole.
"""
import sys
import threading
import time

import libtorrent as lt

torrent, folder, address, role = sys.argv[1:5]
session = lt.session({
    'listen_interfaces': f'{address}:6881',
    'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_incoming_utp': False, 'enable_outgoing_utp': False,
    'out_enc_policy': int(lt.enc_policy.disabled), 'in_enc_policy': int(lt.enc_policy.disabled),
    'unchoke_slots_limit': -1, 'connections_limit': 200, 'allow_multiple_connections_per_ip': True,
    'close_redundant_connections': False, 'rate_limit_ip_overhead': False,
    'send_buffer_watermark': 3 * 1024 * 1024, 'max_out_request_queue': 1500,
    'alert_mask': int(lt.alert.category_t.status_notification) | int(lt.alert.category_t.error_notification),
})
parameters = lt.add_torrent_params()
parameters.ti = lt.torrent_info(torrent)
parameters.save_path = folder
parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
receives = role == 'receiver'
if receives:
    # Connected but not asking: that begins with "go".
    parameters.flags |= lt.torrent_flags.upload_mode
handle = session.add_torrent(parameters)


def say(line):
    print(line, flush=True)


def orders():
    for line in sys.stdin:
        order, *rest = line.split()
        if order == 'connect':
            handle.connect_peer((rest[0], int(rest[1])))
        elif order == 'await':
            while handle.status().num_peers < int(rest[0]):
                time.sleep(0.05)
            say('connected')
        elif order == 'go':
            handle.unset_flags(lt.torrent_flags.upload_mode)


while handle.status().state in (lt.torrent_status.checking_files, lt.torrent_status.checking_resume_data):
    time.sleep(0.02)
say('ready')
threading.Thread(target=orders, daemon=True).start()
while True:
    session.wait_for_alert(500)
    for alert in session.pop_alerts():
        if receives and isinstance(alert, lt.torrent_finished_alert):
            # The file counts when it can be read: what is still in the disk cache goes to it now.
            handle.flush_cache()
        elif receives and isinstance(alert, lt.cache_flushed_alert):
            say('done')
        elif 'error' in type(alert).__name__:
            print(alert, file=sys.stderr, flush=True)
