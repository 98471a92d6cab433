import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { refusalOf } from './addresses.ts';

const isRefused = (address: string): boolean => refusalOf(address, 'refused') !== undefined;

describe('an address that a query leads to', () => {
  it.each([
    '10.0.0.1',
    '172.16.0.9',
    '192.168.1.1',
    '100.64.0.1',
    '8.8.8.8',
    '169.253.255.255',
    '169.255.0.0',
    'fd00::1',
    '2001:db8::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ])('can be %s', (address) => expect(refusalOf(address, 'refused')).toBeUndefined());

  it.each([
    '169.254.169.254',
    '169.254.0.1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:FFFF:A9FE:A9FE',
    '::169.254.169.254',
    '::ffff:0:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fe80::1',
    'fe80::1%eth0',
    'febf:ffff::1',
    'FE80::1',
    'fec0::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '127.0.0.1',
    '127.255.255.254',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '',
    'localhost',
    '1.2.3',
    '0x7f.1',
  ])('cannot be %j', (address) => expect(isRefused(address)).toBe(true));

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('can be %s where tests say so', (address) => {
    expect(refusalOf(address, 'allowed')).toBeUndefined();
  });

  it('is never link-local, in whatever spelling, not even where tests allow loopback', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const linkLocal = fc.tuple(octet, octet).map(([c, d]) => [169, 254, c, d] as const);
    const hex = ([a, b, c, d]: readonly [number, number, number, number]) =>
      `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    const spelling = fc.constantFrom(
      (ip: readonly [number, number, number, number]) => ip.join('.'),
      (ip: readonly [number, number, number, number]) => `::ffff:${ip.join('.')}`,
      (ip: readonly [number, number, number, number]) => `::FFFF:${hex(ip).toUpperCase()}`,
      (ip: readonly [number, number, number, number]) => `0:0:0:0:0:ffff:${hex(ip)}`,
      (ip: readonly [number, number, number, number]) => `64:ff9b::${hex(ip)}`,
      (ip: readonly [number, number, number, number]) => `64:ff9b:1::${hex(ip)}`,
      (ip: readonly [number, number, number, number]) => `2002:${hex(ip)}:1::`,
    );
    fc.assert(
      fc.property(linkLocal, spelling, (ip, spell) => {
        expect(refusalOf(spell(ip), 'allowed')).toBeDefined();
      }),
    );
  });

  it('is judged, never thrown at, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: 'binary' })), (text) => {
        expect(['string', 'undefined']).toContain(typeof refusalOf(text, 'refused'));
      }),
    );
  });
});
