// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { p2pProfile } from '../../objects.ts'
import { conflict, invalid, notAllChecked, type SpecRule } from '../spec-rule.ts'

const wrongRate =
  'must be at least 100kbit, in whole kbit, Mbit or Gbit a second, such as 500kbit, 100Mbit or 1Gbit'

const rates = ['100', '12MiB', '99kbit', '1.5Mbit', '0Mbit', 'Unlimited'].map(
  (upload): SpecRule => ({
    name: `upload ${upload}`,
    object: p2pProfile({ bandwidth: { upload } }),
    message: invalid('spec.bandwidth.upload', upload, wrongRate),
  }),
)

const hours = { start: '08:00', end: '18:00', upload: '20Mbit' }
const windows = (change: object) => p2pProfile({ bandwidth: { windows: [{ ...hours, ...change }] } })

const wrongZone = 'must be a time zone of the IANA database, such as Europe/Berlin or Etc/UTC'

const timeZones = ['CEST', '+02:00', 'Local'].map(
  (timeZone): SpecRule => ({
    name: `time zone ${timeZone}`,
    object: windows({ timeZone }),
    message: invalid('spec.bandwidth.windows[0].timeZone', timeZone, wrongZone),
  }),
)

/** Rules of a P2PProfile on rates and hours. */
export const bandwidthRules: SpecRule[] = [
  ...rates,
  ...timeZones,
  ...['download', 'origin'].map((name) => ({
    name: `${name} without a unit`,
    object: p2pProfile({ bandwidth: { [name]: '1' } }),
    message: invalid(`spec.bandwidth.${name}`, '1', wrongRate),
  })),
  {
    name: 'a limit without a unit in a window',
    object: windows({ upload: '20' }),
    message: invalid('spec.bandwidth.windows[0].upload', '20', `${wrongRate}, or Unlimited`),
  },
  {
    name: 'a window that begins at 8:00',
    object: windows({ start: '8:00' }),
    message: invalid(
      'spec.bandwidth.windows[0].start',
      '8:00',
      'must be a time from 00:00 to 23:59 with two digits each, such as 08:00',
    ),
  },
  {
    name: 'a window that ends at 24:01',
    object: windows({ end: '24:01' }),
    message: invalid(
      'spec.bandwidth.windows[0].end',
      '24:01',
      'must be a time from 00:00 to 24:00 with two digits each, such as 18:00',
    ),
  },
  {
    name: 'a window that ends when it begins',
    object: windows({ end: '08:00' }),
    message: conflict(
      'spec.bandwidth.windows[0].end',
      'must differ from start: for whole days write start "00:00" and end "24:00"',
    ),
  },
  {
    name: 'a window that changes nothing',
    object: p2pProfile({ bandwidth: { windows: [{ start: '08:00', end: '18:00' }] } }),
    message: conflict('spec.bandwidth.windows[0]', 'changes nothing: write upload, download or origin'),
  },
  {
    name: 'a time zone that there is not',
    object: windows({ timeZone: 'Europe/Berln' }),
    message: invalid(
      'spec.bandwidth.windows[0].timeZone',
      'string',
      `unknown time zone Europe/Berln evaluating rule: ${wrongZone}`,
    ),
  },
  {
    name: 'a window on a day that there is not',
    object: windows({ days: ['Monday'] }),
    message: `spec.bandwidth.windows[0].days[0]: Unsupported value: "Monday": supported values: "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"${notAllChecked}`,
  },
]
