# SPDX-License-Identifier: Apache-2.0
"""GStreamer's MIKEY messages for gstreamer_test.

    gstreamer.py make          prints messages that it makes, one JSON object a line with the values put in
    gstreamer.py reencode HEX  parses a message and prints it as GStreamer writes it again, hex
"""
import ctypes
import json
import sys


def make():
    import gi
    gi.require_version("Gst", "1.0")
    gi.require_version("GstSdp", "1.0")
    from gi.repository import Gst, GstSdp

    Gst.init(None)
    for v, ssrcs in ((True, [0xCAFEBABE]), (False, [1, 0xFFFFFFFF, 0x12345678])):
        message = GstSdp.MIKEYMessage.new()
        message.set_info(1, GstSdp.MIKEYType.PSK_INIT, v, GstSdp.MIKEYPRFFunc.MIKEY_PRF_MIKEY_1, 0x12345678,
                         GstSdp.MIKEYMapType.MIKEY_MAP_TYPE_SRTP)
        for number, ssrc in enumerate(ssrcs):
            message.add_cs_srtp(number, ssrc, 7 * number)
        message.add_t_now_ntp_utc()
        rand = bytes(range(16))
        message.add_rand(rand)
        policies = []
        for number in range(len(ssrcs)):
            policy = GstSdp.MIKEYPayload.new(GstSdp.MIKEYPayloadType.SP)
            policy.sp_set(number, GstSdp.MIKEYSecProto.MIKEY_SEC_PROTO_SRTP)
            parameters = [[0, 1], [1, 16], [2, 1], [3, 20], [7, 1], [8, 1], [10, 1], [11, 10]]
            for kind, value in parameters:
                policy.sp_add_param(kind, bytes([value]))
            message.add_payload(policy)
            policies.append(parameters)
        kemac = GstSdp.MIKEYPayload.new(GstSdp.MIKEYPayloadType.KEMAC)
        kemac.kemac_set(GstSdp.MIKEYEncAlg.NULL, GstSdp.MIKEYMacAlg.NULL)
        key = GstSdp.MIKEYPayload.new(GstSdp.MIKEYPayloadType.KEY_DATA)
        key.key_data_set_key(GstSdp.MIKEYKeyDataType.TEK, bytes(range(100, 116)))
        key.key_data_set_salt(bytes(range(14)))
        key.key_data_set_spi(bytes([0, 0, 0, 9]))
        kemac.kemac_add_sub(key)
        message.add_payload(kemac)
        print(json.dumps({"base64": message.base64_encode(), "v": v, "csb_id": 0x12345678, "ssrcs": ssrcs,
                          "rand": rand.hex(), "policies": policies, "key": bytes(range(100, 116)).hex(),
                          "salt": bytes(range(14)).hex(), "spi": "00000009"}))


def reencode(message):
    sdp = ctypes.CDLL("libgstsdp-1.0.so.0")
    gst = ctypes.CDLL("libgstreamer-1.0.so.0")
    glib = ctypes.CDLL("libglib-2.0.so.0")
    gst.gst_init(None, None)
    sdp.gst_mikey_message_new_from_data.restype = ctypes.c_void_p
    sdp.gst_mikey_message_new_from_data.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p]
    sdp.gst_mikey_message_to_bytes.restype = ctypes.c_void_p
    sdp.gst_mikey_message_to_bytes.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    glib.g_bytes_get_data.restype = ctypes.c_void_p
    glib.g_bytes_get_data.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_size_t)]
    parsed = sdp.gst_mikey_message_new_from_data(message, len(message), None, None)
    if not parsed:
        sys.exit("GStreamer refuses the message")
    size = ctypes.c_size_t()
    written = sdp.gst_mikey_message_to_bytes(parsed, None, None)
    data = glib.g_bytes_get_data(written, ctypes.byref(size))
    print(ctypes.string_at(data, size.value).hex())


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make()
    else:
        reencode(bytes.fromhex(sys.argv[2]))
