import type { DestAttrs, ServiceAttrs } from '../model/services.ts';

/** An attribute as it is shown; those at their usual value are left out. */
interface Field {
  readonly field: string;
  readonly value: string;
}

/** The attributes of a service in the words of the configuration. */
export function serviceFields({
  scheduler,
  schedulerFlags,
  persistence,
  onePacket,
}: ServiceAttrs): readonly Field[] {
  return [
    { field: 'scheduler', value: scheduler },
    ...(schedulerFlags.length === 0
      ? []
      : [
          {
            field: 'scheduler_flags',
            value: [...schedulerFlags]
              .sort()
              .map((flag) => `flag-${flag}`)
              .join(', '),
          },
        ]),
    ...(persistence === null
      ? []
      : [
          { field: 'persistence_timeout', value: `${persistence.timeout}s` },
          { field: 'persistence_granularity', value: String(persistence.prefix) },
          ...(persistence.engine === null
            ? []
            : [{ field: 'persistence_engine', value: persistence.engine }]),
        ]),
    ...(onePacket ? [{ field: 'ops', value: 'true' }] : []),
  ];
}

/** The attributes of a real server in the words of the configuration. */
export function destFields({
  weight,
  forward,
  upperThreshold,
  lowerThreshold,
  tunnel,
}: DestAttrs): readonly Field[] {
  return [
    { field: 'weight', value: String(weight) },
    { field: 'forward', value: forward },
    ...(upperThreshold === 0 ? [] : [{ field: 'upper_threshold', value: String(upperThreshold) }]),
    ...(lowerThreshold === 0 ? [] : [{ field: 'lower_threshold', value: String(lowerThreshold) }]),
    ...(forward !== 'tun' || tunnel === null || tunnel.type === 'ipip'
      ? []
      : [{ field: 'tunnel', value: [tunnel.type, tunnel.port, tunnel.checksum].join(' ') }]),
  ];
}
