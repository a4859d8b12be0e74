# [section:ask]
require 'json'
require 'net/http'

CLIENT_SECRET = ENV['CLIENT_SECRET'].to_s
abort 'Set CLIENT_SECRET to the secret of the client.' if CLIENT_SECRET.empty?

# The tokens of one client for one API.
class Tokens
  def initialize
    @lock = Mutex.new
    @renew_at = Time.at(0)
  end

  # Gives the token that is kept, or a new one once less than a minute of it is left.
  def get
    # Threads that need a token at the same time wait for one request.
    @lock.synchronize do
      renew if Time.now >= @renew_at
      @token
    end
  end

  private

  def renew
    asked_at = Time.now
    answer = ask
    @token = answer['access_token']
    @renew_at = asked_at + answer.fetch('expires_in', 0) - 60
  end

  def ask
    request = Net::HTTP::Post.new(URI('https://issuer.example/oauth/token'))
    request.set_form_data(
      'grant_type' => 'client_credentials',
      'client_id' => 'YOUR_CLIENT_ID',
      'client_secret' => CLIENT_SECRET,
      'audience' => 'https://api.example/'
    )
    response = send_request(request)
    answer = JSON.parse(response.body)
    return answer if response.is_a?(Net::HTTPSuccess) && answer['access_token']

    reason = answer.values_at('error', 'error_description', 'error_uri').compact.join(' - ')
    raise "The token endpoint answered #{response.code}: #{reason}"
  rescue JSON::ParserError
    raise "The token endpoint answered #{response.code}: no token"
  end
end

def send_request(request)
  secure = request.uri.scheme == 'https'
  Net::HTTP.start(request.uri.host, request.uri.port, use_ssl: secure, open_timeout: 10, read_timeout: 10) do |http|
    http.request(request)
  end
end
# [/section:ask]

# [section:call]
API_URL = URI(ENV.fetch('API_URL', 'http://localhost:3010/api/private'))

def call_api(tokens)
  request = Net::HTTP::Get.new(API_URL, 'Authorization' => "Bearer #{tokens.get}")
  response = send_request(request)
  return response.body if response.is_a?(Net::HTTPSuccess)

  challenge = response['WWW-Authenticate'] || 'no WWW-Authenticate header'
  raise "The API answered #{response.code}: #{challenge}"
end

begin
  tokens = Tokens.new
  # Three calls, one token.
  3.times { puts call_api(tokens) }
rescue StandardError => e
  abort e.message
end
# [/section:call]
