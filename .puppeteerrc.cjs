/** whatsapp-web.js brings puppeteer along, which would download a browser at `npm ci`: CHROME_PATH says where one is. */
module.exports = { skipDownload: true }
