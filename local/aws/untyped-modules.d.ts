declare module 'dynalite' {
  import type { Server } from 'node:http';

  function dynalite(options: Readonly<Record<string, unknown>>): Server;
  export = dynalite;
}
declare module 'kinesalite' {
  import type { Server } from 'node:http';

  function kinesalite(options: Readonly<Record<string, unknown>>): Server;
  export = kinesalite;
}
