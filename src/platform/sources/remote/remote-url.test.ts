import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { RemoteUrl, withoutSecrets } from './remote-url.ts';

const url = (text: string): RemoteUrl => {
  const parsed = RemoteUrl.parse(text);
  assert.ok(parsed !== null);
  return parsed;
};

describe('RemoteUrl', () => {
  it('shows no secret, however it is shown', () => {
    const secret = url('https://us3r:p4ss@host:8443/a/b.zip?token=t0ken#fr4g');
    assert.equal(secret.display, 'https://host:8443/a/b.zip?…');
    const shown = [inspect(secret, { showHidden: true }), JSON.stringify({ secret }), secret.toString()];
    for (const text of shown) assert.doesNotMatch(text, /us3r|p4ss|t0ken|fr4g/);
  });

  it('sends the secrets where they belong', () => {
    const secret = url('https://us%20er:p%40ss@host/a.zip?token=t');
    assert.equal(secret.requestUrl, 'https://host/a.zip?token=t');
    assert.equal(secret.authorization, `Basic ${Buffer.from('us er:p@ss').toString('base64')}`);
    assert.equal(url('https://host/a.zip').authorization, null);
  });

  it('refuses everything but http and https', () => {
    for (const text of ['ftp://host/a', 'file:///etc/passwd', 'a.zip', 'http://', '']) {
      assert.equal(RemoteUrl.parse(text), null, text);
    }
  });

  it('is the same file with other credentials, and another with another query', () => {
    assert.equal(url('https://a:b@host/x').identity, url('https://host/x').identity);
    assert.notEqual(url('https://host/x?day=1').identity, url('https://host/x?day=2').identity);
  });

  it('keeps the query below it and beside it', () => {
    assert.equal(
      url('https://host/base/?t=1').below('BTC', 'a b.zip').requestUrl,
      'https://host/base/BTC/a%20b.zip?t=1',
    );
    assert.equal(
      url('https://host/a.zip?t=1').withSuffix('.CHECKSUM').requestUrl,
      'https://host/a.zip.CHECKSUM?t=1',
    );
    assert.equal(url('https://host/x/a%20b.zip').fileName, 'a b.zip');
  });

  it('takes credentials along to the same origin only, and never from https to http', () => {
    const from = url('https://u:p@host/a');
    assert.notEqual(from.follow('/b')?.authorization, null);
    assert.notEqual(from.follow('https://host/b')?.authorization, null);
    assert.equal(from.follow('https://other/b')?.authorization, null);
    assert.equal(from.follow('https://host:444/b')?.authorization, null);
    assert.equal(from.follow('http://host/b'), null);
    assert.equal(from.follow('file:///etc/passwd'), null);
    assert.notEqual(url('http://host/a').follow('https://host/b'), null);
  });
});

describe('withoutSecrets', () => {
  it('strikes credentials and queries out of free text', () => {
    assert.equal(
      withoutSecrets(`Get "https://u:p@host/a?sig=abc": EOF; see s3://k:v@bucket/x and plain text?`),
      `Get "https://host/a?…": EOF; see s3://bucket/x and plain text?`,
    );
  });
});
