// Copyright (c) apsara.live contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// An official JavaScript client, unchanged, makes the calls that stand on standard input.
// Input and output as in python_client.py. Usage: node javascript_client.js CLIENT

"use strict";

const VERSION = "2016-11-01";

function popCore(endpoint, login, method) {
  const Core = require("@alicloud/pop-core");
  const client = new Core({
    accessKeyId: login.key,
    accessKeySecret: login.secret,
    securityToken: login.token || undefined,
    endpoint: `http://${endpoint}`,
    apiVersion: VERSION,
  });
  return (action, parameters) => client.request(action, parameters, { method, formatParams: false });
}

function rpcClient(endpoint, login) {
  const { default: Client, Config } = require("@alicloud/rpc-client");
  const { RuntimeOptions } = require("@alicloud/tea-util");
  const client = new Client(
    new Config({
      accessKeyId: login.key,
      accessKeySecret: login.secret,
      securityToken: login.token || undefined,
      endpoint,
      protocol: "http",
      regionId: "cn-shanghai",
    }),
  );
  const options = new RuntimeOptions({ autoretry: false });
  return (action, parameters) => client.doRequest(action, "http", "POST", VERSION, "AK", null, parameters, options);
}

function openApiClient(endpoint, login, where) {
  const { default: Client, Config, OpenApiRequest, Params } = require("@alicloud/openapi-client");
  const { RuntimeOptions } = require("@alicloud/tea-util");
  const client = new Client(
    new Config({
      accessKeyId: login.key,
      accessKeySecret: login.secret,
      securityToken: login.token || undefined,
      endpoint,
      protocol: "HTTP",
    }),
  );
  return async (action, parameters) => {
    const params = new Params({
      action,
      version: VERSION,
      protocol: "HTTP",
      pathname: "/",
      method: "POST",
      authType: "AK",
      style: "RPC",
      reqBodyType: "formData",
      bodyType: "json",
    });
    const answer = await client.callApi(params, new OpenApiRequest({ [where]: parameters }), new RuntimeOptions({}));
    return answer.body;
  };
}

const CLIENTS = {
  "pop-core-get": (endpoint, login) => popCore(endpoint, login, "GET"),
  "pop-core-post": (endpoint, login) => popCore(endpoint, login, "POST"),
  "rpc-client": rpcClient,
  "openapi-query": (endpoint, login) => openApiClient(endpoint, login, "query"),
  "openapi-form": (endpoint, login) => openApiClient(endpoint, login, "body"),
};

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const order = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  const makeClient = CLIENTS[process.argv[2]];
  const answers = [];
  for (const { login, action, parameters } of order.calls) {
    try {
      answers.push({ code: "ok", body: await makeClient(order.endpoint, login)(action, parameters) });
    } catch (error) {
      answers.push({ code: error.code || error.name, message: error.message });
    }
  }
  process.stdout.write(JSON.stringify(answers));
}

main();
